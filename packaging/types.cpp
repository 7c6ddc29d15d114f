/*
 * One function for each type of the C++ headers that programs pass to each other: for check-types.sh.
 */
#include <tenon/inspect.hpp>
#include <tenon/tenon.hpp>

#define TYPE(name, ...)                                                                            \
  extern "C" void tenon_type_##name(__VA_ARGS__ &value);                                           \
  void tenon_type_##name(__VA_ARGS__ &) {}

TYPE(async_mutex, tenon::async_mutex)
TYPE(async_semaphore, tenon::async_semaphore)
TYPE(context, tenon::context)
TYPE(executor, tenon::executor)
TYPE(future, tenon::future<int>)
TYPE(future_of_nothing, tenon::future<void>)
TYPE(future_of_reference, tenon::future<int &>)
TYPE(latest, tenon::latest<int>)
TYPE(packaged_task, tenon::packaged_task<int(int)>)
TYPE(promise, tenon::promise<int>)
TYPE(publisher, tenon::publisher<int>)
TYPE(scope, tenon::scope)
TYPE(scope_options, tenon::scope_options)
TYPE(shared_future, tenon::shared_future<int>)
TYPE(sink, tenon::sink<int>)
TYPE(snapshot, tenon::snapshot)
TYPE(stream, tenon::stream<int>)
TYPE(task, tenon::task<int>)
TYPE(thread_pool, tenon::thread_pool)
TYPE(watch, tenon::watch)
TYPE(watch_config, tenon::watch_config)
TYPE(watch_event, tenon::watch_event)
TYPE(work_guard, tenon::work_guard)

/// @file tenon/tenon.hpp
///
/// Tenon for C++17 and later: futures that feel like std::future, and coroutines, over the C
/// contract alone.
///
/// Read value.hpp (what travels how) and error.hpp, then future.hpp, promise.hpp, packaged_task.hpp
/// and async.hpp (as in <future>), then.hpp, stop.hpp, timeout.hpp and sleep.hpp (what comes after),
/// combinators.hpp and when.hpp (many as one), coroutine.hpp and task.hpp (C++20), stream.hpp,
/// sink.hpp and latest.hpp (many values), scope.hpp (a tree of work), and from_std.hpp (futures of
/// others). What is in tenon::detail is nobody else's.
///
/// It compiles without exceptions and without RTTI: then what would throw terminates, and the try_
/// functions answer a status instead.
#ifndef TENON_TENON_HPP
#define TENON_TENON_HPP

#include <tenon/async.hpp>
#include <tenon/combinators.hpp>
#include <tenon/coroutine.hpp>
#include <tenon/executor.hpp>
#include <tenon/from_std.hpp>
#include <tenon/latest.hpp>
#include <tenon/packaged_task.hpp>
#include <tenon/scope.hpp>
#include <tenon/shared_future.hpp>
#include <tenon/sink.hpp>
#include <tenon/sleep.hpp>
#include <tenon/stop.hpp>
#include <tenon/stream.hpp>
#include <tenon/task.hpp>
#include <tenon/then.hpp>
#include <tenon/timeout.hpp>
#include <tenon/when.hpp>

#endif // TENON_TENON_HPP

/// @file tenon/tenon.hpp
///
/// Tenon for C++17 and later: futures that feel like std::future, and coroutines, over the C
/// contract alone.
///
/// Read value.hpp (what travels how) and error.hpp, then future.hpp, promise.hpp, packaged_task.hpp
/// and async.hpp (as in <future>), then.hpp, stop.hpp and timeout.hpp (what comes after),
/// coroutine.hpp and task.hpp (C++20), and from_std.hpp (futures of others). What is in
/// tenon::detail is nobody else's.
///
/// It compiles without exceptions and without RTTI: then what would throw terminates, and the try_
/// functions answer a status instead.
#ifndef TENON_TENON_HPP
#define TENON_TENON_HPP

#include <tenon/async.hpp>
#include <tenon/coroutine.hpp>
#include <tenon/executor.hpp>
#include <tenon/from_std.hpp>
#include <tenon/packaged_task.hpp>
#include <tenon/shared_future.hpp>
#include <tenon/stop.hpp>
#include <tenon/task.hpp>
#include <tenon/then.hpp>
#include <tenon/timeout.hpp>

#endif // TENON_TENON_HPP

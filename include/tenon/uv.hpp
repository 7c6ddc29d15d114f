/// @file tenon/uv.hpp
///
/// libuv's own operations as futures, on a loop that an executor is attached to: files, names, TCP, pipes, processes,
/// signals, time. Needs <uv.h>; pkg-config: tenon-uv; CMake: Tenon::uv and Tenon::cpp. C++17, and better with coroutines.
///
///     tenon::task<> echo(tenon::uv::stream connection) {
///       while (auto bytes = co_await connection.read())
///         co_await connection.write(std::move(*bytes));
///     }
///
///     tenon::uv::run([](tenon::uv::loop loop) -> tenon::task<> {
///       const auto listener = co_await loop.listen({"127.0.0.1", 8080});
///       while (true) {
///         auto connection = co_await listener.accept();
///         echo(std::move(connection)).start(loop.executor()).detach();
///       }
///     });
///
/// What libuv refuses is a tenon::error of domain "uv" with libuv's number; what a loop refuses that closes or is detached
/// is one of domain "tenon", also if it was cancelled before. A cancel reaches the operation, and comes back as
/// tenon::cancelled when that has ended; each says how. The objects close themselves, in any order, also after their
/// loop. When the executor begins to close all that was opened is closed, and who waits is told.
///
/// | header            | what                                                                        |
/// |-------------------|-----------------------------------------------------------------------------|
/// | uv/loop.hpp       | loop: all that can be begun                                                 |
/// | uv/run.hpp        | run(): a loop for a function                                                |
/// | uv/file.hpp       | file, entry                                                                 |
/// | uv/address.hpp    | address; uv/names.hpp looks them up                                         |
/// | uv/stream.hpp     | stream; uv/connect.hpp makes them                                           |
/// | uv/listener.hpp   | listener                                                                    |
/// | uv/process.hpp    | program, process, exit_status                                               |
/// | uv/signal.hpp     | signal_source                                                               |
#ifndef TENON_UV_HPP
#define TENON_UV_HPP

#include <tenon/uv/connect.hpp>
#include <tenon/uv/file.hpp>
#include <tenon/uv/listener.hpp>
#include <tenon/uv/loop.hpp>
#include <tenon/uv/names.hpp>
#include <tenon/uv/process.hpp>
#include <tenon/uv/run.hpp>
#include <tenon/uv/signal.hpp>

#endif // TENON_UV_HPP

/// @file tenon/inspect.hpp
///
/// Seeing inside, over tenon/inspect.h: what there is in this process and why something is not done, being told of what
/// lasts too long, numbers, and what happened last. It is no part of tenon.hpp, as it needs libtenon_inspect besides;
/// pkg-config: tenon and tenon-inspect; CMake: Tenon::cpp and Tenon::inspect.
///
/// | header               | what                                           |
/// |----------------------|------------------------------------------------|
/// | inspect/snapshot.hpp | snapshot: what there is, and what it waits for |
/// | inspect/watch.hpp    | watch: being told of what lasts too long       |
/// | inspect/metrics.hpp  | metrics: numbers                               |
/// | inspect/record.hpp   | record: what happened last                     |
///
///     if (auto why = tenon::snapshot::take().explain(future))
///       std::cerr << why->text;
///
///     auto watch = tenon::watch::start({.job = 100ms}, [](const tenon::watch_event &event) {
///       if (auto why = event.snapshot ? event.snapshot->explain(event.id) : std::nullopt)
///         std::clog << why->text;
///     });
#ifndef TENON_INSPECT_HPP
#define TENON_INSPECT_HPP

#include <tenon/inspect/metrics.hpp>
#include <tenon/inspect/record.hpp>
#include <tenon/inspect/snapshot.hpp>
#include <tenon/inspect/watch.hpp>

#endif // TENON_INSPECT_HPP

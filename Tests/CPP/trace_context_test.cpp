// Trace contexts: what W3C's headers say, and that calls have them. The rules are tested in Tests/Conformance.
#include "support.hpp"

namespace {

const char *const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

} // namespace

TEST_CASE("headers come in and go out") {
  const auto trace = tenon::trace_context::parse(parent, " a=1 ,b=2");
  REQUIRE(trace);
  CHECK(trace->traceparent() == parent);
  CHECK(trace->tracestate() == "a=1,b=2");
  CHECK(trace->is_sampled());
  CHECK(trace->trace_id()[0] == 0x0a);
  CHECK(trace->span_id()[7] == 0x31);
  CHECK(*trace == *tenon::trace_context::parse(parent, "a=1,b=2"));
  CHECK(*trace != *tenon::trace_context::parse(parent));
  using namespace std::string_literals;
  CHECK(tenon::trace_context::parse(parent, "no entry")->tracestate().empty());
  CHECK(tenon::trace_context::parse(parent, "a=1\0"s)->tracestate().empty());
  for (const auto &wrong : {"00-nothing"s, parent + "\0"s, "\xff"s, ""s})
    CHECK(!tenon::trace_context::parse(wrong));
}

TEST_CASE("a span is below the one that it is started in") {
  CHECK(!tenon::trace_context::current());
  const auto first = tenon::trace_context::start();
  const auto [current, second] = tenon::context(first).run([] {
    return std::make_pair(tenon::trace_context::current(), tenon::trace_context::start());
  });
  CHECK(current == first);
  CHECK(second.trace_id() == first.trace_id());
  CHECK(second.span_id() != first.span_id());
  CHECK(second.child().trace_id() == first.trace_id());
  CHECK(tenon::trace_context::start().trace_id() != first.trace_id());
  CHECK(!tenon::trace_context::current());
}

TEST_CASE("a context has a trace beside its texts") {
  const auto trace = tenon::trace_context::parse(parent, "a=1");
  tenon::context context{{"one", "1"}};
  context.set_trace(*trace).run([&] {
    CHECK(tenon::trace_context::current() == trace);
    CHECK(tenon::context::value("one") == "1");
    CHECK(tenon::context::value("traceparent") == parent);
    CHECK(tenon::context::value("tracestate") == "a=1");
  });
  tenon::context{{"traceparent", parent}}.run(
      [] { CHECK(tenon::trace_context::current()->traceparent() == parent); });
}

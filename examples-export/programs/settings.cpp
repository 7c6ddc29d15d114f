// settings.c with coroutines.
#include "loop.hpp"

#include <settings.hpp>

#include <cinttypes>
#include <fstream>
#include <iterator>
#include <string>

static void fail(const std::string &yaml) {
  try {
    static_cast<void>(settings::parse(yaml));
  } catch (const settings::error &error) {
    if (const auto *syntax = std::get_if<settings::error::syntax>(&error.details))
      std::printf("line %" PRId64 ", column %" PRId64 ": %s\n", syntax->line, syntax->column,
                  syntax->problem.c_str());
    if (const auto *mistaken = std::get_if<settings::error::mistaken>(&error.details))
      std::printf("mistaken: %s\n", mistaken->path.c_str());
  }
}

static std::string text_of(const std::string &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

static tenon::task<> use(tenon_executor_t *loop, std::string path) {
  settings::server server = settings::parse(co_await tenon::async(loop, text_of, path));
  std::printf("%s listens on", server.name.c_str());
  for (const auto &listener : server.listeners)
    std::printf(" %s:%d", listener.host.c_str(), listener.port);
  std::printf("; %zu labels", server.labels.size());
  if (server.limits)
    std::printf("; %" PRId64 " connections", server.limits->connections);
  std::puts("");

  server.limits = {.connections = 5, .bytes_per_second = 2.5};
  server.labels.clear();
  std::printf("%s", settings::format(server).c_str());

  fail("name: web\nlisteners: [");
  fail("name: web\nlisteners:\n  - {host: a, port: http}");
  fail("name: web");
}

int main(int count, char **words) {
  if (count < 2)
    return 2;
  return run([&](tenon_executor_t *loop) { return use(loop, words[1]); });
}

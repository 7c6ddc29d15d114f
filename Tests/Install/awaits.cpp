// <tenon/uv.hpp>, as it is installed.
#include <tenon/uv.hpp>

int main() {
  return tenon::uv::run([](const tenon::uv::loop &loop) {
    return loop.stat("/").then(loop.executor(), [](const uv_stat_t &found) {
      return (found.st_mode & 0170000) == 0040000 ? 0 : 1;
    });
  });
}

// web.c with coroutines.
#include "loop.hpp"

#include <web.hpp>

#include <chrono>
#include <string>
#include <string_view>

static std::vector<std::byte> bytes(std::string_view text) {
  const auto *data = reinterpret_cast<const std::byte *>(text.data());
  return {data, data + text.size()};
}

static void print(const web::error &error) {
  switch (error.value()) {
  case WEB_ERROR_BAD_URL:
    std::puts("a bad URL");
    break;
  case WEB_ERROR_UNREACHABLE:
    std::puts("unreachable");
    break;
  case WEB_ERROR_TIMED_OUT:
    std::puts("timed out");
    break;
  case WEB_ERROR_ALREADY_READ:
    std::puts("already read");
    break;
  default:
    std::puts("another error");
  }
}

static tenon::task<> fail(tenon_executor_t *loop, const web::request &request) {
  try {
    co_await web::fetch(loop, request);
  } catch (const web::error &error) {
    print(error);
  }
}

static tenon::task<> use(tenon_executor_t *loop, std::string server) {
  const web::request greeting{.url = server + "/greeting",
                              .headers = {{"X-Name", "Ada"}, {"Accept-Language", "en"}}};
  auto response = co_await web::fetch(loop, greeting);
  std::printf("%d: %s\n", int(response.get_status()), response.get_headers()["x-greeting"].c_str());

  std::size_t size = 0;
  const web::request million{.url = server + "/million"};
  response = co_await web::fetch(loop, million);
  for (auto body = response.body(loop); auto piece = co_await body.next();)
    size += piece->size();
  std::printf("%zu bytes\n", size);
  try {
    auto again = response.body(loop);
    co_await again.next();
  } catch (const web::error &error) {
    print(error);
  }

  auto [sink, pieces] = tenon::make_stream<std::vector<std::byte>>();
  const web::request echo{.url = server + "/echo", .method = web::method::post};
  auto echoed = web::upload(loop, echo, std::move(pieces));
  for (auto piece : {"one ", "two ", "three"})
    co_await sink.send(bytes(piece));
  sink.close();
  response = co_await std::move(echoed);
  for (auto body = response.body(loop); auto piece = co_await body.next();)
    std::printf("%.*s", int(piece->size()), reinterpret_cast<const char *>(piece->data()));
  std::puts("");

  const web::request endless{.url = server + "/endless"}, gone{.url = server + "/gone"};
  {
    auto body = (co_await web::fetch(loop, endless)).body(loop);
    co_await body.next();
  } // nobody wants the rest
  co_await web::fetch(loop, gone);
  std::puts("the endless body has ended");

  const web::request bad{.url = "nowhere"}, rude{.url = server + "/hangs-up"},
      silent{.url = server + "/silent", .timeout = std::chrono::milliseconds(100)};
  for (const auto &request : {bad, rude, silent})
    co_await fail(loop, request);

  const web::request never{.url = server + "/never"}, arrived{.url = server + "/arrived"};
  auto waiting = web::fetch(loop, never);
  co_await web::fetch(loop, arrived);
  waiting.cancel();
  try {
    co_await std::move(waiting);
  } catch (const tenon::cancelled &) {
    std::puts("the request is cancelled");
  }
  co_await web::fetch(loop, gone);
  std::puts("and its connection is closed");
}

int main(int count, char **words) {
  if (count < 2)
    return 2;
  return run([&](tenon_executor_t *loop) {
    return use(loop, std::string("http://127.0.0.1:") + words[1]);
  });
}

// C++ shares names of section groups with the runtime inside a static Tenon: both must stay whole.
#include <tenon/tenon.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

int main() {
  std::map<std::string, std::vector<std::string>> map;
  for (unsigned i = 0; i < 9; i++)
    map[std::to_string(i)].push_back(std::to_string(-static_cast<long>(i)));
  auto shared = std::make_shared<std::string>("x");
  std::thread([&] { map[*shared].emplace_back("y"); }).join();

  tenon_executor_t *executor = nullptr;
  if (tenon_executor_create(nullptr, &executor) != TENON_STATUS_OK)
    return 1;
  int told = 0;
  auto job = [](void *context, tenon_status_t) { ++*static_cast<int *>(context); };
  tenon_executor_post(executor, job, &told);
  tenon_executor_poll(executor, nullptr, nullptr);
  tenon_executor_release(executor);
  return told == 1 && map.size() == 10 ? 0 : 2;
}

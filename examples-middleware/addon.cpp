// What Node has of the others that is not Swift: the layer in C++, and Python, in a thread of its own.
#include "limit.h"

#include <Python.h>
#include <dlfcn.h>
#include <node_api.h>
#include <string>
#include <thread>

namespace {

std::thread python;

/** Runs a script of Python's until it ends. */
void run(const std::string &script) {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0; // they are Node's
  const PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status))
    return;
  const std::string start = "import runpy; runpy.run_path('" + script + "', run_name='__main__')";
  PyRun_SimpleString(start.c_str());
  Py_Finalize();
}

std::string text(napi_env env, napi_value value) {
  char buffer[1024] = "";
  napi_get_value_string_utf8(env, value, buffer, sizeof buffer, nullptr);
  return buffer;
}

napi_value put_limit(napi_env env, napi_callback_info info) {
  napi_value given[3];
  std::size_t count = 3;
  int32_t most = 0;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  napi_get_value_int32(env, given[2], &most);
  middleware_limit(text(env, given[0]).c_str(), text(env, given[1]).c_str(), most);
  return nullptr;
}

napi_value start_python(napi_env env, napi_callback_info info) {
  napi_value script;
  std::size_t count = 1;
  napi_get_cb_info(env, info, &count, &script, nullptr, nullptr);
  // Python's extensions look for it among what is there for all.
  dlopen(PYTHON_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
  python = std::thread(run, text(env, script));
  return nullptr;
}

napi_value join_python(napi_env, napi_callback_info) {
  python.join();
  return nullptr;
}

} // namespace

NAPI_MODULE_INIT(/* env, exports */) {
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {
      {"limit", put_limit}, {"startPython", start_python}, {"joinPython", join_python}};
  for (const auto &one : functions) {
    napi_value function;
    napi_create_function(env, one.name, NAPI_AUTO_LENGTH, one.call, nullptr, &function);
    napi_set_named_property(env, exports, one.name, function);
  }
  return exports;
}

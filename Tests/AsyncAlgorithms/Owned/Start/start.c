void own_process(void);

__attribute__((constructor)) static void start(void) { own_process(); }

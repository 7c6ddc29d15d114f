#ifdef __cplusplus
extern "C"
#endif
    /* Puts a limit around a service, and publishes that under another name. */
    void
    middleware_limit(const char *next, const char *name, int most);

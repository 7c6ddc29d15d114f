/* For each library that has a copy of Swift's runtime. There is nothing to call: see fork.c. */

/* What any program takes: this one does nothing. */
int main(void) { return 0; }

'use strict';
// A layer in JavaScript: says what comes, and how it ends.
class Log {
  constructor(next, write) {
    this.next = next;
    this.write = write;
  }

  async call(request, { signal }) {
    request.trace.add('javascript: log');
    try {
      const response = await this.next.call(request, { signal });
      this.write(`${request.path}: ${response.text}`);
      return response;
    } catch (error) {
      this.write(`${request.path}: ${error.message}`);
      throw error;
    }
  }
}

module.exports = { Log };

'use strict';
const { callContext } = require(process.env.MIDDLEWARE);

// A layer in JavaScript: says what comes, and how it ends.
class Log {
  constructor(next, write) {
    this.next = next;
    this.write = write;
  }

  call(request, { signal }) {
    const span = callContext.startSpan();
    request.trace.add('javascript: log', { span: span.traceparent });
    return callContext.run(span, () => this.pass(request, signal));
  }

  async pass(request, signal) {
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

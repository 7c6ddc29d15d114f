import addon from './index.js';

export const search = addon.search;

/** A line that contains the pattern. */
export interface Match {
  path: string;
  /** The first line of a file is 1. */
  line: number;
  text: string;
}

export interface SearchOptions {
  /** Ends the search. What reads it is thrown the signal's reason. */
  signal?: AbortSignal;
  /** Is told of each file before it is read. */
  onFile?: (path: string) => void;
}

/**
 * Searches the files below a folder. Files are read as far ahead as the matches are read; leaving a `for await` early ends the
 * search.
 */
export function search(
  pattern: string,
  folder: string,
  options?: SearchOptions,
): AsyncIterableIterator<Match>;

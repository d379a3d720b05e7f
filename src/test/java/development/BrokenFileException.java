package development;

/** The reason why a saved file is not used, as {@code file:line: cause}, which editors and terminals turn into a link. */
class BrokenFileException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * @param file path below the resources
     * @param line from 1; 0 if the line is not known
     */
    BrokenFileException(String file, int line, String cause) {
        super(file + (line > 0 ? ":" + line : "") + ": " + cause);
    }
}

package development;

/** Why a saved file is not used; the message is {@code file:line: cause}, as editors and terminals can open it. */
class BrokenFileException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * @param file below the resources
     * @param line from 1; 0 if the cause is in no line
     */
    BrokenFileException(String file, int line, String cause) {
        super(file + (line > 0 ? ":" + line : "") + ": " + cause);
    }
}

package development;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.postgresql.util.PSQLException;

/** Has PostgreSQL check a statement of the routes. */
final class SqlFile {

    /** {@code :#name} in a statement of a route, {@code :name} in one of the inbox; neither a cast nor the minutes of a time. */
    private static final Pattern PARAMETER = Pattern.compile("(?<![:\\w]):#?[A-Za-z]\\w*");
    private static final Pattern COMMENT_LINE = Pattern.compile("(?m)^\\s*--.*$");

    private SqlFile() {
    }

    /**
     * Has PostgreSQL prepare the statement, without running it.
     *
     * @param name path below the resources
     */
    static void prepare(DataSource database, String name, String text) throws BrokenFileException {
        String sql = COMMENT_LINE.matcher(text).replaceAll("");
        try (Connection connection = database.getConnection();
             PreparedStatement statement = connection.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"))) {
            statement.getParameterMetaData();
        } catch (SQLException e) {
            throw broken(name, numbered(sql), 0, e);
        }
    }

    /**
     * @param text  of the file
     * @param start position in the text at which the failed statement starts
     */
    static BrokenFileException broken(String name, String text, int start, SQLException e) {
        if (e instanceof PSQLException refused && refused.getServerErrorMessage() != null) {
            String hint = refused.getServerErrorMessage().getHint();
            int position = Math.min(start + refused.getServerErrorMessage().getPosition(), text.length());
            return new BrokenFileException(name, (int) text.substring(0, position).chars().filter(c -> c == '\n').count() + 1,
                refused.getServerErrorMessage().getMessage() + (hint == null ? "" : ". " + hint));
        }
        return new BrokenFileException(name, 0, e.getMessage());
    }

    /** The statement as the driver sends it: PostgreSQL's position of an error refers to this text. */
    private static String numbered(String sql) {
        int[] number = {0};
        return PARAMETER.matcher(sql).replaceAll(parameter -> Matcher.quoteReplacement("$" + ++number[0]));
    }
}

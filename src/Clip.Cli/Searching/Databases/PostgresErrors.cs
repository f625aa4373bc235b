using System.Net.Sockets;
using Npgsql;

namespace Clip.Cli.Searching.Databases;

/// <summary>What goes wrong between a database and us, in a sentence.</summary>
internal static class PostgresErrors
{
    /// <summary>Does something with the database.</summary>
    /// <param name="verb">What is done: the database could not be …</param>
    /// <param name="work">Does it.</param>
    /// <exception cref="ClipException">It could not be done.</exception>
    public static async Task<T> ToldAsync<T>(string verb, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedFile)
        {
            throw new ClipException($"The database has no pgvector ({e.MessageText}); install it on the server.", e);
        }
        catch (PostgresException e)
        {
            throw new ClipException($"The database could not be {verb}: {e.MessageText}.", e);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or IOException or TimeoutException or InvalidOperationException)
        {
            var reason = (e.InnerException ?? e).Message.TrimEnd('.');
            throw new ClipException(
                $"The database could not be {verb}: {reason}; what was written is kept, and the same command goes on from there.", e);
        }
    }
}

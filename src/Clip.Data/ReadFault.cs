namespace Clip.Data;

/// <summary>Knows the exceptions of a file that cannot be read or is damaged: a record of it is bad, and the work goes on.</summary>
internal static class ReadFault
{
    public static bool Is(Exception e) => e is InvalidDataException or IOException or UnauthorizedAccessException;
}

namespace Vmm.Host;

/// <summary>Why a file could not be used, in the host's words rather than the runtime's: that one calls a folder in a file's place a lack of permission.</summary>
internal static class FileFault
{
    /// <summary>Says it, without the path: whoever asks names that.</summary>
    /// <param name="fault">What the runtime threw.</param>
    /// <param name="path">The file.</param>
    public static string Why(Exception fault, string path) => fault switch
    {
        UnauthorizedAccessException or IOException when Directory.Exists(path) => "it is a folder, not a file",
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "there is no such folder for it to be in",
        UnauthorizedAccessException => "permission denied",
        ArgumentException => "that is no path: it is empty, or holds a NUL character",
        _ => fault.Message,
    };
}

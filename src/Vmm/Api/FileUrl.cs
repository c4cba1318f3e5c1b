using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>A path as Cloud Hypervisor writes it: <c>file:///abs/path</c>, with <c>%20</c> and its like.</summary>
internal static class FileUrl
{
    private const string Scheme = "file://";

    /// <summary>Takes the path from a field that has to be there.</summary>
    /// <exception cref="ApiException">It is missing, or no such URL.</exception>
    public static string Take(ApiFields fields, string name)
    {
        string url = fields.Text(name) ?? throw fields.Wrong(name, "is needed: \"file:///absolute/path\"");
        if (!url.StartsWith(Scheme + '/', StringComparison.Ordinal))
            throw fields.Wrong(name, $"'{Printable.Escape(url)}' is no URL of a folder on this host: \"file:///absolute/path\"");
        string path = Uri.UnescapeDataString(url[Scheme.Length..]);
        return Path(fields, name, path);
    }

    /// <summary>Makes an absolute path the one that it stands for.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static string Path(ApiFields fields, string name, string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0'))
            throw fields.Wrong(name, $"'{Printable.Escape(path)}' is no absolute path");
        return System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
    }
}

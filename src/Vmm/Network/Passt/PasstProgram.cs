using Vmm.Host;

namespace Vmm.Network.Passt;

/// <summary>The program <c>passt</c>, where there is one.</summary>
internal static class PasstProgram
{
    private const string Name = "passt";

    /// <summary>Debian's place, for a user whose PATH lacks it.</summary>
    private const string Usual = "/usr/bin/" + Name;

    /// <summary>Finds it as a shell would.</summary>
    /// <exception cref="VmmException">It is not installed.</exception>
    public static string Find()
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            // Never one of a folder that depends on where one stands.
            string path = Path.Combine(folder, Name);
            if (Path.IsPathRooted(path) && File.Exists(path))
                return path;
        }
        return File.Exists(Usual) ? Usual : throw new VmmException("passt is not installed, which --net passt needs: apt install passt");
    }
}

using System.Reflection;

namespace Vmm.Lab.Cache;

/// <summary>The scripts and C sources of this folder, carried inside the assembly.</summary>
public static class Resource
{
    /// <summary>The text of a file in Agent/ or Scripts/.</summary>
    public static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new LabException($"no resource {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A static program compiled from one of the C sources, cached by the source's content.</summary>
    public static async Task<string> ProgramAsync(string name, params string[] options)
    {
        var source = Text(name + ".c");
        var folder = await BuildCache.EnsureAsync($"programs/{name}-{LabPaths.Hash(source + string.Join(' ', options))}", async made =>
        {
            var file = Path.Combine(made, name + ".c");
            await File.WriteAllTextAsync(file, source);
            await Tool.RunAsync("gcc", ["-O2", "-static", .. options, "-o", Path.Combine(made, name), file]);
        });
        return Path.Combine(folder, name);
    }
}

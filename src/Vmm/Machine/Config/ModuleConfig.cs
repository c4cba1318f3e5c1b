namespace Vmm.Machine.Config;

/// <summary>A file loaded beside the kernel, with the string that the kernel is told of it.</summary>
internal sealed record ModuleConfig
{
    /// <summary>The file.</summary>
    public required string Path { get; set; }

    /// <summary>Arguments, empty when not given.</summary>
    public string Args { get; set; } = "";
}

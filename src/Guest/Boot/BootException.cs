namespace Vmm.Guest.Boot;

/// <summary>A guest cannot be started from what was given. The message is one line that names the image, the field and the value.</summary>
public sealed class BootException : Exception
{
    /// <summary>Says what is wrong with which image.</summary>
    /// <param name="image">Name of the image, or of the part of the request, such as <c>command line</c>.</param>
    /// <param name="problem">Field, value, and what would be right.</param>
    public BootException(string image, string problem)
        : base($"{image}: {problem}") => Image = image;

    /// <summary>The image or part of the request at fault.</summary>
    public string Image { get; }
}

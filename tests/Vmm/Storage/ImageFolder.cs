namespace Vmm.Tests.Vmm.Storage;

/// <summary>A folder for images that goes away with the test.</summary>
internal sealed class ImageFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("vmm-storage-").FullName;

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>A file that long; byte i of it is <see cref="ByteAt"/>(i).</summary>
    public string Image(int length, string name = "disk.img")
    {
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++)
            content[i] = ByteAt(i);
        File.WriteAllBytes(PathOf(name), content);
        return PathOf(name);
    }

    /// <summary>Never 0, and different in each sector.</summary>
    public static byte ByteAt(int offset) => (byte)(1 + (offset / 512 * 7 + offset) % 251);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

using System.Buffers;
using System.Text;

namespace Vmm.Lab.Images;

/// <summary>
/// An initramfs, written as the kernel reads it (Linux, Documentation/driver-api/early-userspace/
/// buffer-format.rst, "newc"). Uncompressed: unpacking costs more here than reading.
/// </summary>
public sealed class CpioArchive
{
    private const uint DirectoryType = 0x4000, FileType = 0x8000, LinkType = 0xa000, CharacterDeviceType = 0x2000;
    private const int Alignment = 4;
    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly HashSet<string> _names = [];
    private uint _inode;

    /// <summary>A folder and those above it.</summary>
    public void AddFolder(string path)
    {
        AddParents(path);
        if (_names.Add(path))
            Write(path, DirectoryType | 0x1ed, []);
    }

    /// <summary>A file; <paramref name="executable"/> gives it mode 755, else 644.</summary>
    public void AddFile(string path, ReadOnlySpan<byte> content, bool executable = false)
    {
        AddParents(path);
        if (!_names.Add(path))
            throw new LabException($"{path} is in the initramfs already");
        Write(path, FileType | (executable ? 0x1edu : 0x1a4u), content);
    }

    /// <summary>A text file.</summary>
    public void AddText(string path, string content, bool executable = false) => AddFile(path, Encoding.UTF8.GetBytes(content), executable);

    /// <summary>A symbolic link.</summary>
    public void AddLink(string path, string target)
    {
        AddParents(path);
        if (_names.Add(path))
            Write(path, LinkType | 0x1ff, Encoding.UTF8.GetBytes(target));
    }

    /// <summary>A character device: /dev/console must be there before /init runs.</summary>
    public void AddCharacterDevice(string path, uint major, uint minor)
    {
        AddParents(path);
        if (_names.Add(path))
            Write(path, CharacterDeviceType | 0x180, [], major, minor);
    }

    /// <summary>The finished archive. Archives may follow one another in one initramfs; later files win.</summary>
    public byte[] Finish()
    {
        Write("TRAILER!!!", 0, []);
        return _data.WrittenSpan.ToArray();
    }

    private void AddParents(string path)
    {
        var slash = path.LastIndexOf('/');
        if (slash > 0)
            AddFolder(path[..slash]);
    }

    private void Write(string path, uint mode, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        var name = Encoding.UTF8.GetBytes(path);
        uint links = (mode & 0xf000) == DirectoryType ? 2u : 1u;
        uint[] fields = [mode == 0 ? 0 : ++_inode, mode, 0, 0, links, 0, (uint)content.Length, 0, 0, major, minor, (uint)name.Length + 1, 0];
        _data.Write("070701"u8);
        foreach (var field in fields)
            _data.Write(Encoding.ASCII.GetBytes(field.ToString("x8")));
        _data.Write(name);
        _data.Write([(byte)0]);
        Pad();
        _data.Write(content);
        Pad();
    }

    private void Pad()
    {
        while (_data.WrittenCount % Alignment != 0)
            _data.Write([(byte)0]);
    }
}

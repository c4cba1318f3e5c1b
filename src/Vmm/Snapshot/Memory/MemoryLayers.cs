using Vmm.Guest.Memory;
using Vmm.Host;

namespace Vmm.Snapshot.Memory;

/// <summary>The memory files of a snapshot and of those it builds upon, as one. A page is that of the newest file which has it.</summary>
internal sealed class MemoryLayers : IPageSource
{
    private readonly SparseFile[] _files;
    private readonly DirtyBitmap[] _own;

    /// <summary>Puts files over each other.</summary>
    /// <param name="layers">The oldest first, which has all pages. The files stay the caller's, and open as long as this is used.</param>
    /// <param name="size">Bytes of RAM.</param>
    /// <exception cref="VmmException">A file is cut or of another size.</exception>
    public MemoryLayers(IReadOnlyList<MemoryLayer> layers, ulong size)
    {
        if (layers.Count == 0 || layers[0].Pages is not null)
            throw new ArgumentException("the oldest layer has all pages", nameof(layers));
        Size = size;
        _files = [.. layers.Select(layer => layer.File)];
        _own = new DirtyBitmap[layers.Count];
        DirtyBitmap covered = new(size);
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            ulong length = _files[i].Length;
            if (length != size)
                throw MemoryFileFault.Short(_files[i].Path, length, size);
            _own[i] = OwnOf(layers[i].Pages ?? MemoryFileWriter.AllOf(size), covered);
            covered.Add(_own[i]);
        }
    }

    /// <summary>Bytes of RAM.</summary>
    public ulong Size { get; }

    /// <summary>How many files there are.</summary>
    public int Count => _files.Length;

    /// <summary>A file, the oldest first.</summary>
    public SparseFile File(int layer) => _files[layer];

    /// <summary>The pages that are a file's and no newer one's.</summary>
    public DirtyBitmap Own(int layer) => _own[layer];

    /// <summary>The pages that can be other than zeros: those that are no hole in their file.</summary>
    public DirtyBitmap Touched()
    {
        DirtyBitmap touched = new(Size);
        for (int i = 0; i < _files.Length; i++)
        {
            DirtyBitmap data = new(Size);
            TouchedPages.AddData(_files[i], data);
            for (int word = 0; word < data.Words.Length; word++)
                touched.Words[word] |= data.Words[word] & _own[i].Words[word];
        }
        return touched;
    }

    /// <inheritdoc/>
    public bool TryRead(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int layer = LayerOf(offset);
            int run = (int)DirtyBitmap.PageSize;
            while (run < destination.Length && _own[layer].IsMarked(offset + (ulong)run))
                run += (int)DirtyBitmap.PageSize;
            _files[layer].Read(offset, destination[..run]);
            offset += (ulong)run;
            destination = destination[run..];
        }
        return true;
    }

    private int LayerOf(ulong offset)
    {
        int layer = _own.Length - 1;
        while (layer > 0 && !_own[layer].IsMarked(offset))
            layer--;
        return layer;
    }

    private static DirtyBitmap OwnOf(DirtyBitmap pages, DirtyBitmap covered)
    {
        DirtyBitmap own = new(pages.Length);
        Span<ulong> words = own.Words;
        for (int i = 0; i < words.Length; i++)
            words[i] = pages.Words[i] & ~covered.Words[i];
        return own;
    }
}

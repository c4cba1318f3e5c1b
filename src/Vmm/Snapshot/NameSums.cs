namespace Vmm.Snapshot;

/// <summary>
/// The names of those JSON objects that are open while a text is read, each told by a sum. A state has thousands of small objects: their
/// names lie behind one another in one array, and are looked for one by one. An object with many gets a set.
/// </summary>
internal sealed class NameSums
{
    /// <summary>So many names are found as fast by looking at each of them.</summary>
    private const int Few = 32;

    private readonly Stack<(int Start, HashSet<ulong>? Many)> _outer = new();
    private ulong[] _sums = new ulong[8 * Few];
    private int _start;
    private int _count;
    private HashSet<ulong>? _many;

    /// <summary>An object begins, within those that are open.</summary>
    public void Open()
    {
        _outer.Push((_start, _many));
        (_start, _many) = (_count, null);
    }

    /// <summary>The innermost object ends.</summary>
    public void Close()
    {
        _count = _start;
        (_start, _many) = _outer.Pop();
    }

    /// <summary>Notes a name of the innermost object.</summary>
    /// <returns>False when it has that one already.</returns>
    public bool Add(ulong sum)
    {
        if (_many is not null)
            return _many.Add(sum);
        Span<ulong> names = _sums.AsSpan(_start, _count - _start);
        if (names.Contains(sum))
            return false;
        if (names.Length == Few)
            return (_many = [.. names]).Add(sum);
        if (_count == _sums.Length)
            Array.Resize(ref _sums, 2 * _count);
        _sums[_count++] = sum;
        return true;
    }
}

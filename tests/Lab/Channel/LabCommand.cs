using System.Buffers.Binary;
using System.Text;

namespace Vmm.Lab.Channel;

/// <summary>A command for the lab.</summary>
/// <param name="Arguments">The program and its arguments.</param>
public sealed record LabCommand(IReadOnlyList<string> Arguments)
{
    private const uint PtyFlag = 1;

    /// <summary>Added to the lab's own environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it starts; the checkout by default.</summary>
    public string Folder { get; init; } = Cache.LabPaths.Checkout;

    /// <summary>Whether it gets a terminal: then standard output and error are one stream.</summary>
    public bool Pty { get; init; }

    /// <summary>The terminal's size.</summary>
    public (int Rows, int Columns) Size { get; init; } = (24, 80);

    /// <summary>Takes everything the command writes as it arrives (standard error: true). Otherwise the session keeps it.</summary>
    public Func<ReadOnlyMemory<byte>, bool, ValueTask>? Sink { get; init; }

    /// <summary>A line for /bin/sh.</summary>
    public static LabCommand Shell(string line) => new(["/bin/sh", "-c", line]);

    internal byte[] ToStartFrame()
    {
        var stream = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var value in new[] { Pty ? PtyFlag : 0, (uint)Size.Rows, (uint)Size.Columns, (uint)Environment.Count, (uint)Arguments.Count })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(number, value);
            stream.Write(number);
        }
        foreach (var text in Environment.Select(pair => $"{pair.Key}={pair.Value}").Prepend(Folder).Concat(Arguments))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.WriteByte(0);
        }
        return stream.ToArray();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Arguments);
}

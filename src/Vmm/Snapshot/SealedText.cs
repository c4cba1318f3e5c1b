using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Vmm.Cli;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>
/// JSON that tells by itself whether it is whole. In front of it stands one line,
/// <code>vmm-state 1 21733 0f3c…</code>
/// with what it is, its version, its length in bytes and the XXH128 of all of that and of the JSON. Nothing is parsed
/// before that has been checked. A person reads it with <c>tail -n +2 FILE | jq</c>.
/// </summary>
/// <remarks>The sum finds damage, not malice: whoever can write the file can write the sum.</remarks>
internal static class SealedText
{
    private const string Family = "vmm-";
    private const int LongestHeader = 128;
    private const int SumBytes = 16;

    /// <summary>What a text of a kind begins with.</summary>
    public static string Start(string kind) => $"{Family}{kind} ";

    /// <summary>Puts the line in front.</summary>
    /// <param name="kind">A word such as <c>state</c>.</param>
    /// <param name="version">The format's version, from 1.</param>
    /// <param name="json">UTF-8.</param>
    public static byte[] Seal(string kind, int version, ReadOnlySpan<byte> json)
    {
        string told = Told(kind, version, json.Length);
        byte[] header = Encoding.ASCII.GetBytes($"{told} {Sum(told, json)}\n");
        byte[] whole = new byte[header.Length + json.Length];
        header.CopyTo(whole, 0);
        json.CopyTo(whole.AsSpan(header.Length));
        return whole;
    }

    /// <summary>Checks the line and the sum.</summary>
    /// <param name="whole">What <see cref="Seal"/> made.</param>
    /// <param name="kind">What it has to be.</param>
    /// <param name="newest">The newest version that can be read; all from 1 can.</param>
    /// <param name="where">Its name for messages, such as a path.</param>
    /// <param name="version">Its version.</param>
    /// <returns>The JSON.</returns>
    /// <exception cref="VmmException">It is something else, newer, cut or damaged; the message says which.</exception>
    public static ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> whole, string kind, int newest, string where, out int version)
    {
        int end = whole.Span[..Math.Min(whole.Length, LongestHeader)].IndexOf((byte)'\n');
        if (whole.IsEmpty)
            throw new VmmException($"{where}: it is empty, where a {kind} of a snapshot should be");
        string[] words = end < 0 ? [] : Encoding.Latin1.GetString(whole.Span[..end]).Split(' ');
        if (words.Length != 4 || words[0] != Family + kind)
            throw new VmmException($"{where}: this is no {kind} of a vmm snapshot (it begins with '{Beginning(whole.Span)}')");
        if (!int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out version) || version < 1)
            throw new VmmException($"{where}: '{Printable.Escape(words[1])}' is no version of a {kind}: the file is damaged");
        if (version > newest)
            throw new VmmException($"{where}: the {kind} is of version {version}, and this vmm ({VersionCommand.Current}) reads up to {newest}: use a newer vmm");
        ReadOnlyMemory<byte> json = whole[(end + 1)..];
        if (!int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length != json.Length)
            throw new VmmException($"{where}: it has {json.Length} bytes where its first line says '{Printable.Escape(words[2])}': it was cut or damaged");
        if (words[3] != Sum(Told(kind, version, length), json.Span))
            throw new VmmException($"{where}: its checksum is wrong: the file is damaged");
        return json;
    }

    /// <summary>The sum in the first line, unchecked; empty when there is none.</summary>
    public static string SumOf(ReadOnlySpan<byte> whole)
    {
        int end = whole[..Math.Min(whole.Length, LongestHeader)].IndexOf((byte)'\n');
        return end < 0 ? "" : Encoding.Latin1.GetString(whole[..end]).Split(' ')[^1];
    }

    private static string Told(string kind, int version, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"{Family}{kind} {version} {length}");

    private static string Sum(string told, ReadOnlySpan<byte> json)
    {
        XxHash128 hash = new();
        hash.Append(Encoding.ASCII.GetBytes(told));
        hash.Append(json);
        Span<byte> sum = stackalloc byte[SumBytes];
        hash.GetCurrentHash(sum);
        return Convert.ToHexStringLower(sum);
    }

    private static string Beginning(ReadOnlySpan<byte> whole) => Printable.Escape(Encoding.Latin1.GetString(whole[..Math.Min(whole.Length, 16)]));
}

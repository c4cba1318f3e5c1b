using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Vmm.Logging;

/// <summary>
/// A message in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): <c>NAME=value</c> lines; a value
/// with a newline follows its name's line as a 64-bit little-endian length and that many bytes. So no value can
/// bring fields of its own.
/// </summary>
internal static class JournalRecord
{
    private const string Identifier = "vmm";

    /// <summary>Names longer than this are refused by the journal.</summary>
    private const int LongestName = 64;

    /// <summary>The datagram for a message.</summary>
    public static byte[] Of(LogEntry entry)
    {
        using MemoryStream record = new();
        Add(record, "MESSAGE", entry.Message);
        Add(record, "PRIORITY", LogLevels.Priority(entry.Level).ToString(CultureInfo.InvariantCulture));
        Add(record, "SYSLOG_IDENTIFIER", Identifier);
        Add(record, "CODE_FUNC", $"{entry.Category}.{entry.Event.Name ?? entry.Event.Id.ToString(CultureInfo.InvariantCulture)}");
        Add(record, "VMM_MACHINE", entry.Machine);
        Add(record, "VMM_CATEGORY", entry.Category);
        Add(record, "VMM_EVENT_ID", entry.Event.Id.ToString(CultureInfo.InvariantCulture));
        if (entry.Exception is string exception)
            Add(record, "VMM_EXCEPTION", exception);
        foreach ((string name, object value) in entry.Fields)
            Add(record, FieldName(name), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        return record.ToArray();
    }

    private static void Add(MemoryStream record, string name, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        record.Write(Encoding.ASCII.GetBytes(name));
        if (bytes.AsSpan().Contains((byte)'\n'))
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)bytes.Length);
            record.WriteByte((byte)'\n');
            record.Write(length);
        }
        else
        {
            record.WriteByte((byte)'=');
        }
        record.Write(bytes);
        record.WriteByte((byte)'\n');
    }

    /// <summary><c>ElapsedMs</c> becomes <c>VMM_ELAPSED_MS</c>: capitals, digits and underscores are all that is allowed.</summary>
    private static string FieldName(string name)
    {
        StringBuilder field = new("VMM_");
        for (int i = 0; i < name.Length && field.Length < LongestName - 1; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]) && char.IsAsciiLetterLower(name[i - 1]))
                field.Append('_');
            field.Append(char.IsAsciiLetterOrDigit(name[i]) ? char.ToUpperInvariant(name[i]) : '_');
        }
        return field.ToString();
    }
}

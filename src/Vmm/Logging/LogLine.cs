using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>The forms of a line. None holds a control character but the newline at its end, whatever the message said.</summary>
internal static class LogLine
{
    /// <summary>RFC 3339, UTC.</summary>
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>
    /// As everything that vmm says on a terminal: <c>vmm: web: message</c>, <c>vmm: message</c> of a machine without a name. Empty for why a machine did not start or broke:
    /// there the command itself says it, when the terminal has been given back.
    /// </summary>
    public static byte[] Terminal(LogEntry entry) =>
        entry is { Category: MachineLog.Category, Level: >= LogLevel.Error } ? []
        : Encoding.UTF8.GetBytes($"{Speaker(entry.Machine)}{entry.Message}\n");

    /// <summary>What everything that vmm says of a machine on a terminal begins with; one without a name is not told from others.</summary>
    /// <param name="machine">Its name.</param>
    public static string Speaker(string machine) => machine == MachineConfig.NoName ? "vmm: " : $"vmm: {machine}: ";

    /// <summary>For people who read a file: <c>TIME level machine category: message</c>.</summary>
    public static byte[] Text(LogEntry entry) =>
        Encoding.UTF8.GetBytes($"{Time(entry)} {Level(entry.Level)} {entry.Machine} {Printable.Escape(entry.Category)}: {entry.Message}\n");

    /// <summary>For programs: one object.</summary>
    public static byte[] Json(LogEntry entry)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", Time(entry));
            json.WriteString("level", Level(entry.Level));
            json.WriteString("machine", entry.Machine);
            json.WriteString("category", entry.Category);
            json.WriteNumber("event_id", entry.Event.Id);
            if (entry.Event.Name is string name)
                json.WriteString("event", name);
            json.WriteString("message", entry.Message);
            if (entry.Fields.Count > 0)
                WriteFields(json, entry.Fields);
            if (entry.Exception is string exception)
                json.WriteString("exception", exception);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    /// <summary>The level's name, as <c>--log-level</c> takes it.</summary>
    public static string Level(LogLevel level) => Word.Of(LogLevels.Threshold(level));

    private static string Time(LogEntry entry) => entry.Time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture);

    /// <summary>An object of their own: a value's name cannot collide with those of the line.</summary>
    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object>> fields)
    {
        json.WriteStartObject("fields");
        foreach ((string name, object value) in fields)
        {
            json.WritePropertyName(name);
            switch (value)
            {
                case bool truth:
                    json.WriteBooleanValue(truth);
                    break;
                case ulong number:
                    json.WriteNumberValue(number);
                    break;
                case double number:
                    json.WriteNumberValue(number);
                    break;
                case string text:
                    json.WriteStringValue(text);
                    break;
                default:
                    json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
            }
        }
        json.WriteEndObject();
    }
}

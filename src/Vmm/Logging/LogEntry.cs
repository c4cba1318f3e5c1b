using System.Globalization;
using Microsoft.Extensions.Logging;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>One message on its way to where the log goes. Texts are bounded: a guest may have chosen their length.</summary>
internal sealed class LogEntry
{
    private const int LongestMessage = 2000;
    private const int LongestValue = 1000;
    private const int MostFields = 16;

    /// <summary>What an entry costs beside its texts, about.</summary>
    private const int FixedCost = 200;

    /// <summary>The name of the message's template among its values.</summary>
    private const string Template = "{OriginalFormat}";

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How serious.</summary>
    public required LogLevel Level { get; init; }

    /// <summary>The machine's name.</summary>
    public required string Machine { get; init; }

    /// <summary>Which part of vmm.</summary>
    public required string Category { get; init; }

    /// <summary>Which message there.</summary>
    public EventId Event { get; init; }

    /// <summary>In one line without control characters.</summary>
    public required string Message { get; init; }

    /// <summary>The message's values by name; each a text, a number or a truth value.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Fields { get; init; } = [];

    /// <summary>The fault that the message is about, with its stack trace.</summary>
    public string? Exception { get; init; }

    /// <summary>Characters it takes while it waits, about.</summary>
    public int Cost { get; private init; }

    /// <summary>Takes down a message.</summary>
    public static LogEntry Of(DateTimeOffset time, string machine, string category, LogLevel level, EventId id, string message, object? state, Exception? fault)
    {
        List<KeyValuePair<string, object>> fields = Values(state);
        string text = fault is null ? message : $"{message} ({fault.GetType().Name}: {fault.Message})";
        string line = Printable.Escape(text, LongestMessage);
        string? trace = fault is null ? null : Cut(fault.ToString(), LongestMessage);
        int cost = FixedCost + line.Length + (trace?.Length ?? 0);
        foreach (KeyValuePair<string, object> field in fields)
            cost += FixedCost / 4 + (field.Value is string value ? value.Length : 0);
        return new()
        {
            Time = time,
            Machine = machine,
            Category = category,
            Level = level,
            Event = id,
            Message = line,
            Fields = fields,
            Exception = trace,
            Cost = cost,
        };
    }

    private static List<KeyValuePair<string, object>> Values(object? state)
    {
        List<KeyValuePair<string, object>> fields = [];
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values)
            return fields;
        for (int i = 0; i < values.Count && fields.Count < MostFields; i++)
        {
            if (values[i] is { Key: not Template, Value: object value })
                fields.Add(new(values[i].Key, Plain(value)));
        }
        return fields;
    }

    /// <summary>Nothing that could change, or take long, when another thread writes it.</summary>
    private static object Plain(object value) => value switch
    {
        bool or int or uint or long or ulong or byte or short or ushort => value,
        double number when double.IsFinite(number) => value,
        _ => Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", LongestValue),
    };

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest] + "…";
}

namespace Vmm.Inspect.Report;

/// <summary>Facts that belong together: named ones, or the rows of a table.</summary>
internal sealed record InspectBlock
{
    /// <summary>What it is about: a title in text, a key in JSON.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the text shows the name above the block.</summary>
    public bool Titled { get; init; } = true;

    /// <summary>Named facts, in the order in which they are shown.</summary>
    public IReadOnlyList<InspectField>? Fields { get; init; }

    /// <summary>How many facts stand in a line of text.</summary>
    public int PerLine { get; init; } = 1;

    /// <summary>The columns of a table.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Its rows.</summary>
    public IReadOnlyList<IReadOnlyList<InspectCell>>? Rows { get; init; }

    /// <summary>Whether the text shows the columns' names.</summary>
    public bool Headed { get; init; } = true;

    /// <summary>What the text says in place of a table without rows.</summary>
    public string? Empty { get; init; }

    /// <summary>Named facts.</summary>
    public static InspectBlock Of(string name, params IReadOnlyList<InspectField> fields) => new() { Name = name, Fields = fields };

    /// <summary>A table.</summary>
    public static InspectBlock Table(string name, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<InspectCell>> rows) => new() { Name = name, Columns = columns, Rows = rows };
}

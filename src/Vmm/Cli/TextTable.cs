using System.Text;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>Rows in aligned columns, as <c>ls -l</c> has them: no frames, so that it reads well and cuts well.</summary>
internal sealed class TextTable
{
    private const int Gap = 2;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; all rows have as many cells. Names from elsewhere neither break a row nor reach the terminal as commands.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(cell => Printable.Escape(cell, longest: int.MaxValue))]);

    /// <inheritdoc/>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                bool last = column == row.Length - 1;
                text.Append(last ? row[column] : row[column].PadRight(_rows.Max(other => other[column].Length) + Gap));
            }
            text.AppendLine();
        }
        return text.ToString();
    }
}

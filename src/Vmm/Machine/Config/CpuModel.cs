using System.Buffers;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>
/// What the virtual processors can do: the host's features, with some removed or added by name. Written
/// <c>host,-avx2,+invtsc</c>.
/// </summary>
/// <param name="Removed">Features taken away.</param>
/// <param name="Added">Features added beyond what is passed on by default.</param>
[JsonConverter(typeof(CpuModelConverter))]
internal sealed record CpuModel(IReadOnlyList<string> Removed, IReadOnlyList<string> Added)
{
    private const string BaseModel = "host";
    private static readonly SearchValues<char> s_nameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>The host's features as they are.</summary>
    public static CpuModel Host { get; } = new([], []);

    /// <summary>Reads the option's form.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static CpuModel Parse(string text)
    {
        List<string> removed = [];
        List<string> added = [];
        string[] parts = text.Split(',');
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i];
            if (i == 0 && part == BaseModel)
                continue;
            if (part.Length < 2 || part[0] is not ('+' or '-'))
                throw new FormatException($"'{part}' is neither '{BaseModel}' in the first place nor +FEATURE or -FEATURE");
            string feature = part[1..];
            if (feature.AsSpan().ContainsAnyExcept(s_nameCharacters))
                throw new FormatException($"'{feature}' is not a feature name: lower case letters, digits, '_', '.' and '-'");
            if (removed.Contains(feature) || added.Contains(feature))
                throw new FormatException($"feature '{feature}' is named twice");
            (part[0] == '+' ? added : removed).Add(feature);
        }
        return new(removed, added);
    }

    /// <summary>The option's form again.</summary>
    public override string ToString() =>
        string.Join(',', [BaseModel, .. Removed.Select(name => "-" + name), .. Added.Select(name => "+" + name)]);

    /// <inheritdoc/>
    public bool Equals(CpuModel? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}

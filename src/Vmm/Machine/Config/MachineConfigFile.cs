using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Vmm.Host;

namespace Vmm.Machine.Config;

/// <summary>A machine's description as a JSON file. Every error names the file, the line and the field.</summary>
internal sealed class MachineConfigFile
{
    private const int LargestFile = 1 << 20;

    private readonly string _path;
    private readonly byte[] _content;

    private MachineConfigFile(string path, byte[] content)
    {
        _path = path;
        _content = content;
        Config = Parse();
    }

    /// <summary>What the file says; not yet resolved.</summary>
    public MachineConfig Config { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="VmmException">It cannot be read, or is no description of a machine.</exception>
    public static MachineConfigFile Read(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            byte[] content = new byte[LargestFile + 1];
            int length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (length > LargestFile)
                throw new VmmException($"{path}: larger than {LargestFile >> 20} MiB; this is not a machine's description", ExitCodes.Usage);
            int start = content.AsSpan(0, length).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
            return new(path, content[start..length]);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new VmmException($"cannot read the machine file '{Printable.Escape(path)}': {FileFault.Why(wrong, path)}", ExitCodes.Usage, wrong);
        }
    }

    /// <summary>Reads what is already in memory.</summary>
    /// <param name="path">The name for messages.</param>
    /// <param name="json">The content.</param>
    public static MachineConfigFile FromText(string path, string json) => new(path, Encoding.UTF8.GetBytes(json));

    /// <summary>A description as JSON that <see cref="Read"/> takes again.</summary>
    public static string Write(MachineConfig config)
    {
        using MemoryStream text = new();
        // For people to read in a terminal, not to be put into HTML: '+' and 'ü' stay what they are.
        using (Utf8JsonWriter writer = new(text, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(writer, config, MachineConfigJson.Default.MachineConfig);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>An error about a field, with the line on which that field stands, if it does.</summary>
    /// <param name="field">Such as <c>disk[1].path</c>.</param>
    /// <param name="reason">What is wrong.</param>
    public VmmException Error(string field, string reason)
    {
        string line = JsonLines.Find(_content, field) is int number ? $":{number}" : "";
        string shown = field.Length > 0 ? field + ": " : "";
        return new($"{_path}{line}: {shown}{reason}", ExitCodes.Usage);
    }

    private MachineConfig Parse()
    {
        if (!Utf8.IsValid(_content))
            throw NoText();
        try
        {
            MachineConfig config = JsonSerializer.Deserialize(_content, MachineConfigJson.Default.MachineConfig)
                ?? throw Error("", "null is not a machine's description");
            RefuseNulls("disk", config.Disk);
            RefuseNulls("log", config.Log);
            RefuseNulls("module", config.Module);
            RefuseNulls("net", config.Net);
            RefuseNulls("port", config.Port);
            return config;
        }
        catch (JsonException wrong)
        {
            string field = JsonFault.Field(wrong);
            string shown = field.Length > 0 ? Printable.Escape(field) + ": " : "";
            throw new VmmException($"{_path}:{(wrong.LineNumber ?? 0) + 1}: {shown}{JsonFault.Explain(wrong)}", ExitCodes.Usage, wrong);
        }
    }

    /// <summary>Says where what is no text begins.</summary>
    private VmmException NoText()
    {
        Span<char> text = new char[_content.Length];
        _ = Utf8.ToUtf16(_content, text, out int whole, out _, replaceInvalidSequences: false);
        return new($"{_path}:{1 + _content.AsSpan(0, whole).Count((byte)'\n')}: not UTF-8 here: save it as UTF-8", ExitCodes.Usage);
    }

    private void RefuseNulls<T>(string field, IReadOnlyList<T> list)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is null)
                throw Error($"{field}[{i}]", "null is not possible here");
        }
    }
}

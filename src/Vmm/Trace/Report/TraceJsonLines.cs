using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Vmm.Machine.Exits;
using Vmm.Trace.Format;
using Vmm.Trace.Meaning;

namespace Vmm.Trace.Report;

/// <summary>An exit as a line of JSON, with the same facts as <see cref="TraceLine"/>.</summary>
/// <param name="lines">Names instructions and places.</param>
internal sealed class TraceJsonLines(TraceLine lines)
{
    // Read by programs and people, never put into a page of HTML.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>The line.</summary>
    public string Text(TracedExit exit, RegisterMeaning? register)
    {
        _buffer.ResetWrittenCount();
        using (Utf8JsonWriter json = new(_buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("time_ns", exit.Left);
            json.WriteNumber("vcpu", exit.Vcpu);
            json.WriteString("reason", ExitReasonName.Of(exit.Reason));
            if (exit.Access != AccessKind.None)
                WriteAccess(json, exit, register);
            if (exit.Changed is { } changed)
                WriteChanged(json, changed);
            if (exit.Code is { } code)
                WriteCode(json, code);
            json.WriteNumber("handler_ns", exit.Handled);
            json.WriteNumber("guest_ns", exit.InGuest);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }

    private static void WriteAccess(Utf8JsonWriter json, TracedExit exit, RegisterMeaning? register)
    {
        json.WriteString("access", exit.Access switch
        {
            AccessKind.PortRead => "in",
            AccessKind.PortWrite => "out",
            AccessKind.MemoryRead => "read",
            AccessKind.MemoryWrite => "write",
            AccessKind.MsrRead => "rdmsr",
            _ => "wrmsr",
        });
        json.WriteNumber("address", exit.Address);
        json.WriteNumber("size", exit.Size);
        json.WriteNumber("count", exit.Count);
        json.WriteNumber("value", exit.Value);
        json.WriteString("data", Convert.ToHexStringLower(exit.Data));
        if (exit.Device is { } device)
        {
            json.WriteString("device", device.Name);
            json.WriteNumber("offset", exit.Offset);
        }
        if (register is { } known)
        {
            json.WriteString("register", known.Name);
            if (known.Value.Length > 0)
                json.WriteString("meaning", known.Value);
        }
    }

    private static void WriteChanged(Utf8JsonWriter json, IReadOnlyList<(string Name, ulong Value)> changed)
    {
        json.WriteStartObject("changed");
        foreach ((string name, ulong value) in changed)
            json.WriteNumber(name, value);
        json.WriteEndObject();
    }

    private void WriteCode(Utf8JsonWriter json, TracedCode code)
    {
        json.WriteNumber("rip", code.Address);
        json.WriteString("code", Convert.ToHexStringLower(code.Bytes));
        if (lines.Assembly(code) is { } assembly)
            json.WriteString("instruction", assembly);
        if (lines.Place(code) is { } place)
            json.WriteString("place", place);
    }
}

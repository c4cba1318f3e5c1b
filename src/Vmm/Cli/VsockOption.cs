using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>The value of <c>--vsock</c>.</summary>
internal static class VsockOption
{
    /// <summary>What it looks like.</summary>
    public const string Form = "cid=N,socket=PATH[,id=NAME]";

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static VsockConfig Parse(string value)
    {
        KeyValues parts = new(value, "cid");
        string cid = parts.Text("cid") ?? throw new FormatException("lacks cid=N");
        string? socket = parts.Text("socket");
        string? id = parts.Text("id");
        parts.Done();
        if (!long.TryParse(cid, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            throw new FormatException($"cid: '{Printable.Escape(cid)}' is not a whole number from 3 to 4294967294");
        return new VsockConfig { Cid = number, Socket = socket ?? throw new FormatException("lacks socket=PATH"), Id = id };
    }
}

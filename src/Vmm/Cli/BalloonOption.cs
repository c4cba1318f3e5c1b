using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>The value of <c>--balloon</c>.</summary>
internal static class BalloonOption
{
    /// <summary>What it looks like.</summary>
    public const string Form = "[size=]SIZE[,deflate-on-oom=on][,free-page-reporting=on][,stats=SECONDS]";

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static BalloonConfig Parse(string value)
    {
        KeyValues parts = new(value, "size");
        BalloonConfig balloon = new();
        if (parts.Text("size") is string size)
            balloon.Size = ByteSize.Parse(size);
        balloon.DeflateOnOom = parts.Switch("deflate-on-oom");
        balloon.FreePageReporting = parts.Switch("free-page-reporting");
        balloon.Stats = parts.Number("stats");
        parts.Done();
        return balloon;
    }
}

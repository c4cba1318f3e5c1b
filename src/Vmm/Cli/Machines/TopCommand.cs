using System.CommandLine;
using System.Globalization;
using Vmm.Consoles;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm top</c>: the running VMs and what each of their vCPUs does, again and again.</summary>
internal static class TopCommand
{
    private const double DefaultSeconds = 2;

    // ECMA-48: cursor home, erase to the end of line and of the display; the alternate screen is xterm's.
    private const string EnterScreen = "\e[?1049h\e[?25l";
    private const string LeaveScreen = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string EraseLine = "\e[K";
    private const string EraseBelow = "\e[J";

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> names = new("name") { Description = "Only these VMs [all that run]", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> interval = new("--interval") { Description = "Between two looks [2]", HelpName = "SECONDS" };
        Option<string?> count = new("--count") { Description = "How many looks, each below the one before [until q is pressed]", HelpName = "N" };
        Command command = new("top", "Watch the running VMs and what their vCPUs do (q ends)") { names, interval, count };
        command.SetAction(line =>
        {
            VmHome home = VmHome.Find();
            TimeSpan pause = TimeSpan.FromSeconds(Number(line, interval, DefaultSeconds, 0.1, 3600));
            VmTop top = new(home, line.GetValue(names)!);
            if (line.GetValue(count) is not null)
                Print(top, pause, (int)Number(line, count, 1, 1, int.MaxValue));
            else
                Watch(top, pause);
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static void Print(VmTop top, TimeSpan pause, int looks)
    {
        top.Look();
        for (int i = 0; i < looks; i++)
        {
            Thread.Sleep(pause);
            System.Console.Out.Write($"{(i > 0 ? "\n" : "")}{top.Look()}");
        }
    }

    private static void Watch(VmTop top, TimeSpan pause)
    {
        using Terminal terminal = new();
        if (!terminal.IsTerminal)
            throw new VmmException("standard input is no terminal: use --count N", ExitCodes.Usage);
        terminal.EnterRaw();
        System.Console.Out.Write(EnterScreen);
        // They end this process as ever.
        using EndSignals ends = new((_, _) =>
        {
            System.Console.Out.Write(LeaveScreen);
            terminal.Dispose();
        });
        try
        {
            string text = top.Look();
            do
            {
                System.Console.Out.Write($"{Home}{text.Replace("\n", EraseLine + "\n", StringComparison.Ordinal)}{EraseBelow}");
                if (KeyWithin(pause))
                    return;
                text = top.Look();
            }
            while (true);
        }
        finally
        {
            System.Console.Out.Write(LeaveScreen);
        }
    }

    /// <summary>Whether a key that ends it was pressed: q, Escape, Ctrl-C.</summary>
    private static unsafe bool KeyWithin(TimeSpan pause)
    {
        const byte escape = 0x1b;
        const byte interrupt = 3;
        Linux.pollfd input = new() { fd = Linux.StandardInput, events = Linux.POLLIN };
        Linux.timespec time = new() { tv_sec = (long)pause.TotalSeconds, tv_nsec = pause.Milliseconds * 1_000_000L };
        if (Linux.ppoll(&input, 1, &time, null) <= 0)
            return false;
        byte key;
        return Linux.read(Linux.StandardInput, &key, 1) <= 0 || key is (byte)'q' or (byte)'Q' or escape or interrupt;
    }

    private static double Number(ParseResult line, Option<string?> option, double otherwise, double least, double most)
    {
        if (line.GetValue(option) is not string text)
            return otherwise;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most
            ? value
            : throw UsageException.For(line.CommandResult.Command, string.Create(CultureInfo.InvariantCulture, $"{option.Name}: '{Printable.Escape(text)}' is not a number from {least} to {most}"));
    }
}

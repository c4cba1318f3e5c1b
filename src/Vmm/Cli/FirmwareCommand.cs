using System.CommandLine;
using System.Globalization;
using Vmm.Firmware;
using Vmm.Firmware.Listing;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary><c>vmm firmware</c>: the tiny guests that come with the program.</summary>
internal static class FirmwareCommand
{
    /// <summary>Columns of a listing: the bytes of all but the longest instructions fit.</summary>
    private const int BytesWidth = 30;

    /// <summary>The command for the parser.</summary>
    public static Command Create() => new("firmware", "The built-in tiny guests: list them, read them, write one out")
    {
        CreateList(),
        CreateShow(),
        CreateWrite(),
    };

    /// <summary>Finds a guest by its name.</summary>
    /// <exception cref="VmmException">There is none of that name.</exception>
    public static TinyGuest Find(string name) =>
        FirmwareCatalog.Find(name) ?? throw new UsageException(
            $"there is no firmware '{Printable.Escape(name)}'{Suggestion.For(name, FirmwareCatalog.All.Select(guest => guest.Name))}",
            "Try 'vmm firmware list'.");

    private static Command CreateList()
    {
        Command command = new("list", "Show every guest with its purpose");
        command.SetAction(_ =>
        {
            TextTable table = new();
            foreach (TinyGuest guest in FirmwareCatalog.All)
                table.Add(guest.Name, guest.Summary);
            System.Console.Out.Write(table);
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static Command CreateShow()
    {
        Argument<string> name = new("name") { Description = "The guest" };
        Option<string?> syntax = new("--syntax") { Description = "The assembler's language [nasm]", HelpName = "nasm|intel|gas" };
        Command command = new("show", "Explain a guest and show its disassembly") { name, syntax };
        command.SetAction(line =>
        {
            TinyGuest guest = Find(line.GetValue(name)!);
            Show(guest, Syntax(line.GetValue(syntax)), System.Console.Out);
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static Command CreateWrite()
    {
        Argument<string> name = new("name") { Description = "The guest" };
        Argument<string> file = new("file") { Description = "Where to; an existing file is replaced" };
        Command command = new("write", "Write a guest out as a PVH ELF, which other monitors boot too") { name, file };
        command.SetAction(line =>
        {
            byte[] image = Find(line.GetValue(name)!).BuildElf();
            string path = line.GetValue(file)!;
            try
            {
                File.WriteAllBytes(path, image);
            }
            catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new VmmException($"cannot write '{Printable.Escape(path)}': {FileFault.Why(wrong, path)}", cause: wrong);
            }
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static AssemblySyntax Syntax(string? word)
    {
        try
        {
            return word is null ? AssemblySyntax.Nasm : Word.Parse<AssemblySyntax>(word);
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"--syntax: {wrong.Message}", "Try 'vmm firmware show --help'.");
        }
    }

    private static void Show(TinyGuest guest, AssemblySyntax syntax, TextWriter output)
    {
        output.WriteLine($"{guest.Name}: {guest.Summary}\n\n{guest.Explanation}\n");
        output.WriteLine($"Needs {guest.Needs.MemoryMiB} MiB and {guest.Needs.Vcpus} vCPU{(guest.Needs.Vcpus == 1 ? "" : "s")}.");
        foreach (GuestParameter parameter in guest.Parameters)
            output.WriteLine($"--cmdline {parameter.Name}={parameter.Default}: {parameter.Meaning}");
        foreach (DisassemblyLine line in guest.Disassemble(syntax))
            output.WriteLine(Format(line));
    }

    private static string Format(DisassemblyLine line) => line.Kind switch
    {
        DisassemblyLineKind.Section => $"\n; {line.Text}",
        DisassemblyLineKind.Label => $"{line.Text}:",
        DisassemblyLineKind.Remark => $"{"",10}{"",BytesWidth}; {line.Text}",
        DisassemblyLineKind.Instruction => string.Create(CultureInfo.InvariantCulture,
            $"{line.Address,8:x}  {Convert.ToHexStringLower(line.Bytes.Span),-BytesWidth}{line.Text}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{line.Address,8:x}  {line.Text}"),
    };
}

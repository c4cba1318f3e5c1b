using System.Diagnostics;
using System.Text;
using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Guest.Acpi;

/// <summary>The reference compiler reads the tables: package acpica-tools.</summary>
public sealed class IaslTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-acpi-");

    [Theory]
    [InlineData("FACP")]
    [InlineData("APIC")]
    [InlineData("MCFG")]
    [InlineData("XSDT")]
    public void Iasl_reads_the_table_without_complaint(string signature)
    {
        string text = Disassemble(signature, Everything());
        Assert.DoesNotContain("Unknown", text);
        Assert.DoesNotContain("Invalid", text);
        Assert.DoesNotContain("should be", text);
    }

    [Fact]
    public void Iasl_recompiles_the_dsdt_to_the_same_bytes_without_a_warning()
    {
        AcpiMachine machine = Everything();
        Disassemble("DSDT", machine);
        string output = Run("-oa", "-ve", "-p", "again", "dsdt.dsl");
        Assert.True(output.Contains(" 0 Errors, 0 Warnings", StringComparison.Ordinal), output);
        byte[] ours = TableOf("DSDT", machine);
        byte[] again = File.ReadAllBytes(Path.Combine(_folder.FullName, "again.aml"));
        // The header names its creator, which is iasl in the second.
        Assert.Equal(ours[36..], again[36..]);
    }

    [Fact]
    public void Dsdt_says_in_asl_what_the_machine_has()
    {
        string asl = Disassemble("DSDT", Everything());
        Assert.Contains("Device (C003)", asl);
        Assert.Contains("\"ACPI0007\"", asl);
        Assert.Contains("EisaId (\"PNP0501\")", asl);
        Assert.Contains("EisaId (\"PNP0A08\")", asl);
        Assert.Contains("EisaId (\"PNP0C0C\")", asl);
        Assert.Contains("\"LNRO0005\"", asl);
        Assert.Contains("\"ACPI0013\"", asl);
        Assert.Contains("Notify (\\_SB.PWRB, 0x80)", asl);
        Assert.Contains("\"VM_Gen_Counter\"", asl);
        Assert.Contains("Notify (\\_SB.VGEN, 0x80)", asl);
        Assert.Contains("Name (_S5, Package (0x04)", asl);
        Assert.Contains("OperationRegion (EVTR, SystemIO, 0x0603, One)", asl);
        Assert.Contains("Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive", asl);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static AcpiMachine Everything()
    {
        AcpiMachine machine = Machines.Full(4);
        return machine with
        {
            HasKeyboardController = true,
            TimerGsi = 2,
            Pci = machine.Pci! with { IntxGsis = [16, 17, 18, 19] },
        };
    }

    private static byte[] TableOf(string signature, AcpiMachine machine)
    {
        ReadOnlySpan<byte> all = AcpiTables.Build(machine, MemoryLayout.AcpiStart).Written;
        for (int at = 40; at < all.Length; at += 8)
        {
            if (all[at..].StartsWith(Encoding.ASCII.GetBytes(signature)))
                return all.Slice(at, BitConverter.ToInt32(all[(at + 4)..])).ToArray();
        }
        throw new InvalidOperationException($"no table {signature}");
    }

    private string Disassemble(string signature, AcpiMachine machine)
    {
        if (!File.Exists("/usr/bin/iasl"))
            Assert.Skip("iasl is not installed (apt-get install acpica-tools)");
        string name = signature.ToLowerInvariant();
        File.WriteAllBytes(Path.Combine(_folder.FullName, $"{name}.dat"), TableOf(signature, machine));
        string output = Run("-d", $"{name}.dat");
        Assert.DoesNotContain("Error", output);
        Assert.DoesNotContain("Warning", output);
        return File.ReadAllText(Path.Combine(_folder.FullName, $"{name}.dsl"));
    }

    private string Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/iasl", arguments)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }
}

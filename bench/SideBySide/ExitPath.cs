using System.Buffers.Binary;
using System.Globalization;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// What an exit costs under vmm and under a bare C loop over KVM_RUN: the same flat guest counts its own TSC cycles
/// around many port writes and prints the sum. Interleaved.
/// </summary>
internal static class ExitPath
{
    /// <summary>How many exits of a fresh process are measured unless told otherwise: code and counters are touched for the first time within them.</summary>
    public const uint First = 3_000;

    private const uint MostExits = 10_000_000;
    private const int Rounds = 60;

    /// <summary>
    /// mov ecx, N · rdtsc · mov esi, eax · mov edi, edx · (again: out 0x80, al · dec ecx · jnz again) · rdtsc ·
    /// sub eax, esi · sbb edx, edi · mov ebx, edx · four times (out 0xe9, al · shr eax, 8) · mov eax, ebx · the same
    /// four times · mov al, 0 · out 0xf4, al · jmp $
    /// </summary>
    private static readonly byte[] s_code =
    [
        0x66, 0xb9, 0, 0, 0, 0, 0x0f, 0x31, 0x66, 0x89, 0xc6, 0x66, 0x89, 0xd7,
        0xe6, 0x80, 0x66, 0x49, 0x75, 0xfa, 0x0f, 0x31, 0x66, 0x29, 0xf0, 0x66, 0x19, 0xfa, 0x66, 0x89, 0xd3,
        0xb9, 0x04, 0x00, 0xe6, 0xe9, 0x66, 0xc1, 0xe8, 0x08, 0xe2, 0xf8, 0x66, 0x89, 0xd8,
        0xb9, 0x04, 0x00, 0xe6, 0xe9, 0x66, 0xc1, 0xe8, 0x08, 0xe2, 0xf8, 0xb0, 0x00, 0xe6, 0xf4, 0xeb, 0xfe,
    ];

    private const int CountAt = 2;

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="vmm">The shipped binary.</param>
    /// <param name="exits">How many exits a run has.</param>
    public static int Run(string vmm, uint exits)
    {
        ArgumentOutOfRangeException.ThrowIfZero(exits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exits, MostExits);
        string measure = NativeTools.Build("measure");
        string guest = Path.Combine(Path.GetTempPath(), $"vmm-bench-{Environment.ProcessId}.bin");
        byte[] image = [.. s_code];
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(CountAt), exits);
        File.WriteAllBytes(guest, image);
        try
        {
            Subject ours = new("vmm", 1, vmm, "run", "--kernel", guest, "--boot-protocol", "flat", "--memory", "2M");
            Subject floor = new("C loop", 0, NativeTools.Build("exit_loop"), guest);
            List<double> oursCycles = [];
            List<double> floorCycles = [];
            for (int round = 0; round < Rounds; round++)
            {
                oursCycles.Add(CyclesPerExit(ours.Run(measure), exits));
                floorCycles.Add(CyclesPerExit(floor.Run(measure), exits));
            }
            Print(exits, oursCycles, floorCycles);
            return 0;
        }
        finally
        {
            File.Delete(guest);
        }
    }

    private static double CyclesPerExit(Sample sample, uint exits) =>
        BinaryPrimitives.ReadUInt64LittleEndian(sample.Output.AsSpan(0, sizeof(ulong))) / (double)exits;

    private static void Print(uint exits, List<double> ours, List<double> floor)
    {
        Console.WriteLine($"exit path: port write, TSC cycles an exit as the guest counts them, {Rounds} runs of {exits} exits each");
        Console.WriteLine($"{"",-8}{"min",10}{"p10",10}{"p50",10}");
        double[] a = Row("vmm", ours);
        double[] b = Row("C loop", floor);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"vmm / C",-8}{a[0] / b[0],10:f3}{a[1] / b[1],10:f3}{a[2] / b[2],10:f3}"));
    }

    private static double[] Row(string name, List<double> cycles)
    {
        double[] row = [cycles.Min(), Percentiles.At(cycles, 0.1), Percentiles.Median(cycles)];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-8}{row[0],10:f0}{row[1],10:f0}{row[2],10:f0}"));
        return row;
    }
}

using System.Text;
using Vmm.Host;
using Vmm.Inspect.Report;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>Bytes of memory, in hexadecimal and as characters.</summary>
internal static class MemoryView
{
    private const int Usual = 128;
    private const int RowBytes = 16;
    private const int Half = 8;

    /// <summary>Reads from an address on, as far as there is memory.</summary>
    /// <exception cref="VmmException">There is none at the address.</exception>
    public static InspectReport Of(InspectedMachine machine, InspectRequest request)
    {
        VcpuRecord vcpu = machine.Vcpu(request.Vcpu);
        ulong address = Addresses.Parse(request.Where!, vcpu);
        byte[] bytes = new byte[request.Count ?? Usual];
        int length = request.Physical ? ReadPhysical(machine.Read, address, bytes) : machine.Linear(request.Vcpu).Read(address, bytes);
        if (length == 0)
        {
            string why = request.Physical ? "it is no RAM ('slots' shows where RAM is)" : WalkText.Fault(machine.Linear(request.Vcpu).Walk(address)) ?? "it leads to no RAM";
            throw new VmmException($"there is no memory to read at 0x{address:x}: {why}");
        }
        List<IReadOnlyList<InspectCell>> rows = [];
        for (int at = 0; at < length; at += RowBytes)
            rows.Add(Row(unchecked(address + (ulong)at), bytes.AsSpan(at, Math.Min(RowBytes, length - at))));
        InspectBlock block = InspectBlock.Table("memory", ["address", "bytes", "text"], rows) with { Headed = false, Titled = false };
        return length == bytes.Length ? InspectReport.Of(block) : InspectReport.Of(block,
            InspectBlock.Of("end", new InspectField("no memory behind", InspectCell.Hex(unchecked(address + (ulong)length)))) with { Titled = false });
    }

    /// <summary>By pages: RAM may end in the middle.</summary>
    private static int ReadPhysical(ReadMemory read, ulong address, Span<byte> bytes)
    {
        const int page = 4096;
        int done = 0;
        while (done < bytes.Length)
        {
            ulong at = unchecked(address + (ulong)done);
            int run = (int)Math.Min((ulong)(bytes.Length - done), page - at % page);
            if (!read(at, bytes.Slice(done, run)))
                break;
            done += run;
        }
        return done;
    }

    private static IReadOnlyList<InspectCell> Row(ulong address, ReadOnlySpan<byte> bytes)
    {
        StringBuilder hex = new(), text = new();
        for (int i = 0; i < bytes.Length; i++)
        {
            hex.Append(i == 0 ? "" : i == Half ? "  " : " ").Append(bytes[i].ToString("x2", null));
            text.Append(bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '.');
        }
        return [InspectCell.Hex(address, 16), hex.ToString(), text.ToString()];
    }
}

using System.Globalization;
using System.Text;

namespace Vmm.Gdb.Registers;

/// <summary>The XML in which a debugger reads what registers there are ("Debugging with GDB", Target Descriptions). Written from <see cref="RegisterLayout"/>, so that the two agree.</summary>
internal static class TargetDescription
{
    /// <summary>The document that is asked for.</summary>
    public const string Name = "target.xml";

    private static readonly (string Name, int Bit)[] s_flags =
    [
        ("CF", 0), ("PF", 2), ("AF", 4), ("ZF", 6), ("SF", 7), ("TF", 8), ("IF", 9), ("DF", 10), ("OF", 11), ("NT", 14), ("RF", 16), ("VM", 17), ("AC", 18), ("VIF", 19), ("VIP", 20), ("ID", 21),
    ];

    private static readonly (string Name, int Bit)[] s_mxcsr =
    [
        ("IE", 0), ("DE", 1), ("ZE", 2), ("OE", 3), ("UE", 4), ("PE", 5), ("DAZ", 6), ("IM", 7), ("DM", 8), ("ZM", 9), ("OM", 10), ("UM", 11), ("PM", 12), ("FZ", 15),
    ];

    /// <summary>How an xmm register can be seen: gdb's names of the parts, their types, and how many there are.</summary>
    private static readonly (string Vector, string Part, string Field, int Count)[] s_vectors =
    [
        ("v4f", "ieee_single", "v4_float", 4), ("v2d", "ieee_double", "v2_double", 2), ("v16i8", "int8", "v16_int8", 16),
        ("v8i16", "int16", "v8_int16", 8), ("v4i32", "int32", "v4_int32", 4), ("v2i64", "int64", "v2_int64", 2),
    ];

    /// <summary>The document.</summary>
    public static ReadOnlyMemory<byte> Xml { get; } = Encoding.ASCII.GetBytes(Write());

    private static string Write()
    {
        StringBuilder xml = new("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n<architecture>i386:x86-64</architecture>\n");
        foreach ((string feature, GdbRegister[] registers) in RegisterLayout.Features)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<feature name=\"{feature}\">\n");
            if (registers.Any(register => register.Type == "i386_eflags"))
                AppendFlags(xml, "i386_eflags", s_flags);
            if (registers.Any(register => register.Type == "i386_mxcsr"))
                AppendFlags(xml, "i386_mxcsr", s_mxcsr);
            if (registers.Any(register => register.Type == "vec128"))
                AppendVectors(xml);
            foreach (GdbRegister register in registers)
                xml.Append(CultureInfo.InvariantCulture, $"<reg name=\"{register.Name}\" bitsize=\"{register.Bits}\" type=\"{register.Type}\"/>\n");
            xml.Append("</feature>\n");
        }
        return xml.Append("</target>\n").ToString();
    }

    private static void AppendFlags(StringBuilder xml, string name, (string Name, int Bit)[] flags)
    {
        xml.Append(CultureInfo.InvariantCulture, $"<flags id=\"{name}\" size=\"4\">\n");
        foreach ((string flag, int bit) in flags)
            xml.Append(CultureInfo.InvariantCulture, $"<field name=\"{flag}\" start=\"{bit}\" end=\"{bit}\"/>\n");
        xml.Append("</flags>\n");
    }

    private static void AppendVectors(StringBuilder xml)
    {
        foreach ((string vector, string part, _, int count) in s_vectors)
            xml.Append(CultureInfo.InvariantCulture, $"<vector id=\"{vector}\" type=\"{part}\" count=\"{count}\"/>\n");
        xml.Append("<union id=\"vec128\">\n");
        foreach ((string vector, _, string field, _) in s_vectors)
            xml.Append(CultureInfo.InvariantCulture, $"<field name=\"{field}\" type=\"{vector}\"/>\n");
        xml.Append("<field name=\"uint128\" type=\"uint128\"/>\n</union>\n");
    }
}

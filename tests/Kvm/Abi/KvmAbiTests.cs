using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Vmm.Kvm.Abi;
using Xunit;

namespace Vmm.Tests.Kvm.Abi;

/// <summary>House rule 6: every ABI structure, number and constant is compared with the kernel's own headers.</summary>
[Trait("Needs", "nothing")]
public class KvmAbiTests
{
    /// <summary>The anonymous members of struct kvm_run have types of our naming; C knows them as members.</summary>
    private static readonly Dictionary<string, string> CNames = typeof(kvm_run).GetFields()
        .Where(f => f.FieldType.Name.StartsWith("kvm_run_", StringComparison.Ordinal))
        .ToDictionary(f => f.FieldType.Name, f => $"((struct kvm_run *)0)->{f.Name}");

    private static IEnumerable<Type> Structures => typeof(kvm_run).Assembly.GetTypes()
        .Where(t => t.IsValueType && !t.IsEnum && t.Namespace == typeof(kvm_run).Namespace && !t.IsNested);

    [Fact]
    public void Every_structure_has_the_size_and_offsets_that_the_kernel_headers_give()
    {
        Dictionary<string, long> ours = [];
        foreach (Type type in Structures)
        {
            bool overlay = CNames.TryGetValue(type.Name, out string? member);
            string c = overlay ? $"__typeof__({member})" : $"struct {type.Name}";
            if (type != typeof(kvm_run))
                ours[$"sizeof({c})"] = Marshal.SizeOf(type);
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                ours[$"offsetof({c}, {field.Name})"] = Marshal.OffsetOf(type, field.Name);
                // The headers' anonymous inner structures are nested types here.
                if (!field.FieldType.IsNested || field.IsDefined(typeof(FixedBufferAttribute)))
                    continue;
                foreach (FieldInfo inner in field.FieldType.GetFields(BindingFlags.Public | BindingFlags.Instance))
                    ours[$"offsetof({c}, {field.Name}.{inner.Name})"] = Marshal.OffsetOf(type, field.Name) + Marshal.OffsetOf(field.FieldType, inner.Name);
            }
        }
        Assert.True(ours.Count > 100);
        AssertSame(ours);
    }

    [Fact]
    public void Every_ioctl_has_the_number_that_the_kernel_headers_give() =>
        AssertSame(typeof(KvmIoctl).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(f => f.Name, f => (long)(nuint)f.GetValue(null)!));

    [Fact]
    public void Every_exit_reason_and_capability_has_the_number_that_the_kernel_headers_give() =>
        AssertSame(new[] { typeof(KvmExitReason), typeof(KvmCapability) }
            .SelectMany(t => Enum.GetNames(t).Select(n => (Name: n, Value: Convert.ToInt64(Enum.Parse(t, n)))))
            .ToDictionary(p => p.Name, p => p.Value));

    [Fact]
    public void Every_constant_in_a_structure_has_the_value_that_the_kernel_headers_give() =>
        AssertSame(Structures.SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral))
            .ToDictionary(f => f.Name, f => Convert.ToInt64(f.GetRawConstantValue())));

    private static void AssertSame(Dictionary<string, long> ours)
    {
        Dictionary<string, long> theirs = KernelHeaders.Evaluate(ours.Keys);
        Assert.All(ours, pair => Assert.Equal((pair.Key, theirs[pair.Key]), (pair.Key, pair.Value)));
    }
}

using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Vmm.Tests.Guest;

/// <summary>Dependencies point one way, Vmm → Devices → Guest, and only Vmm touches the host.</summary>
public class PurityTests
{
    /// <summary>Parts of the framework that reach for the operating system.</summary>
    private static readonly string[] s_hostTypes =
    [
        "System.IO.File", "System.IO.FileStream", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.RandomAccess",
        "System.Console", "System.Diagnostics.Process",
        "System.Threading.Thread", "System.Threading.ThreadPool", "System.Threading.Timer", "System.Threading.Tasks.Task",
        "System.Net.Sockets.Socket", "System.Diagnostics.Stopwatch",
        "System.Runtime.InteropServices.DllImportAttribute", "System.Runtime.InteropServices.LibraryImportAttribute", "System.Runtime.InteropServices.NativeLibrary",
    ];

    [Theory]
    [InlineData("Guest", "Vmm.Guest.dll", new string[0])]
    [InlineData("Devices", "Vmm.Devices.dll", new[] { "Vmm.Guest" })]
    public void Project_refers_only_downward(string project, string assembly, string[] allowed)
    {
        MetadataReader reader = Open(project, assembly);
        IEnumerable<string> ours = reader.AssemblyReferences.Select(h => reader.GetString(reader.GetAssemblyReference(h).Name)).Where(n => n.StartsWith("Vmm", StringComparison.Ordinal));
        Assert.Equal(allowed, ours.Order());
    }

    [Theory]
    [InlineData("Guest", "Vmm.Guest.dll")]
    [InlineData("Devices", "Vmm.Devices.dll")]
    public void Project_has_no_p_invoke(string project, string assembly)
    {
        MetadataReader reader = Open(project, assembly);
        IEnumerable<string> imported = reader.MethodDefinitions.Select(reader.GetMethodDefinition)
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Select(m => reader.GetString(m.Name));
        Assert.Empty(imported);
    }

    [Theory]
    [InlineData("Guest", "Vmm.Guest.dll")]
    [InlineData("Devices", "Vmm.Devices.dll")]
    public void Project_uses_nothing_that_reaches_the_host(string project, string assembly)
    {
        MetadataReader reader = Open(project, assembly);
        IEnumerable<string> used = reader.TypeReferences.Select(reader.GetTypeReference)
            .Select(t => $"{reader.GetString(t.Namespace)}.{reader.GetString(t.Name)}");
        Assert.Empty(used.Intersect(s_hostTypes));
        // Which managed thread one is on says nothing about the host.
        Assert.Empty(MembersUsed(reader, "Environment").Except(["get_CurrentManagedThreadId", "get_NewLine"]));
    }

    private static IEnumerable<string> MembersUsed(MetadataReader reader, string type)
    {
        foreach (MemberReference member in reader.MemberReferences.Select(reader.GetMemberReference))
        {
            if (member.Parent.Kind == HandleKind.TypeReference
                && reader.GetString(reader.GetTypeReference((TypeReferenceHandle)member.Parent).Name) == type)
                yield return reader.GetString(member.Name);
        }
    }

    private static MetadataReader Open(string project, string assembly)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Vmm.sln")))
            root = root.Parent;
        Assert.NotNull(root);
        string bin = Path.Combine(root.FullName, "src", project, "bin");
        string? newest = Directory.Exists(bin)
            ? Directory.GetFiles(bin, assembly, SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)
            : null;
        if (newest is null)
            Assert.Skip($"{assembly} has not been built");
        return new PEReader(new MemoryStream(File.ReadAllBytes(newest))).GetMetadataReader();
    }
}

using System.Reflection;
using System.Text;
using Grpc.Core;

namespace ManagedOAuth.Foundation.Tests.GrpcTests;

/// <summary>
/// What others compile against, in a file: a change of it is a decision, and each line must be a name of the real packages or be listed in
/// the README as ours. To accept a change, copy <c>PublicSurface.actual.txt</c> from the test's output folder over <c>PublicSurface.txt</c>.
/// </summary>
public sealed class PublicSurfaceTests
{
    [Fact]
    public void PublicSurface_OfTheRuntime_IsTheApprovedOne()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Grpc");
        var actual = Describe(typeof(Status).Assembly);
        File.WriteAllText(Path.Combine(folder, "PublicSurface.actual.txt"), actual);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "PublicSurface.txt")), actual);
    }

    private static string Describe(Assembly assembly)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().Where(t => t.Namespace != "Grpc.Health.V1").OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(type.FullName).Append('\n');
            var members = type.GetMembers(Declared)
                .Where(IsVisible)
                .Select(member => $"    {member}")
                .Order(StringComparer.Ordinal);
            text.AppendJoin("", members.Select(member => member + "\n"));
        }

        return text.ToString();
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodInfo { IsSpecialName: true } => false,
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisibleAccessor),
        FieldInfo field => field.IsPublic,
        _ => false,
    };

    private static bool IsVisibleAccessor(MethodInfo accessor) => accessor.IsPublic || accessor.IsFamily || accessor.IsFamilyOrAssembly;
}

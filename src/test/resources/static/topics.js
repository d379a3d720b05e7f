const entities = await (await fetch('api/topics')).json();
for (const [entity, count] of Object.entries(entities)) {
  const link = document.createElement('a');
  link.href = 'api/topics/' + entity;
  link.textContent = entity;
  const row = document.getElementById('entities').insertRow();
  row.insertCell().append(link);
  row.insertCell().append(count);
}
